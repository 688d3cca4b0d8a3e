"""What Clearway does, one verb a module; nothing here knows HTTP, pages or the command line."""
