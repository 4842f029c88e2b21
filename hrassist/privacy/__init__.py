"""Reports over all apps for those who answer for data: a breach, and what the law wants written down."""
