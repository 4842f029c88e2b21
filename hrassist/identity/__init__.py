"""Who somebody is, how they prove it, and how long that holds."""
