"""Google Drive as its users see it: the API v3, the export pages, batches."""
