"""Where models come from: a hub, a server, a URL. Knows files and headers; knows nothing of what is asked."""
