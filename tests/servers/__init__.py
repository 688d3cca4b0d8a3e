"""Real CalDAV servers for tests: Radicale, which mails nobody, and Xandikos, which schedules."""
