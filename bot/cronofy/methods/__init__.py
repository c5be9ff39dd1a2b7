"""One module per thing that Cronofy is asked for: who somebody is, their events, an answer, channels."""
