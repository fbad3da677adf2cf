"""What happens to a candidate list after the search: two reviewers, release, use, correction."""
