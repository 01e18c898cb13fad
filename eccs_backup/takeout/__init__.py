"""Google Takeout as a road: the parts of an export are read, proven, and kept beside what the APIs gave."""
