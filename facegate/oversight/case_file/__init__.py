"""The case file: everything the defense is owed about one case, in one zip that can be checked offline."""
