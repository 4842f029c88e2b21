"""A database as large as a large employer's, made in minutes: what the bench of the admin measures its pages on."""
