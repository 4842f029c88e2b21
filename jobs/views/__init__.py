"""The pages that the public opens without signing in."""
