"""Between the network and the faces: limits on what comes in, care with what goes out."""
