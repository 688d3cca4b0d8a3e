"""The page that FastAPI gives by itself, to compare with: no sign-in, no database, no template."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

app = FastAPI(openapi_url=None)


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    """A heading."""
    return "<!doctype html><html lang=en><title>Bare</title><h1>Bare</h1></html>"
