"""Work by the clock where no systemd starts it."""
