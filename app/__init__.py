"""The only place with time, settings and people: services, the command line, the API and the pages."""
