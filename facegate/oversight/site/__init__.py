"""The public site: static pages made from the log, and what a visitor needs to check them."""
