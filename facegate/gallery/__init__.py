"""The gallery: enroll, withdraw, and exact threshold search behind a one-use token."""
