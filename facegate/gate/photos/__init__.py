"""Photos of probes and of people enrolled, sealed: only so that two reviewers can compare them."""
