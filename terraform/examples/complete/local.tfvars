# For an emulator of AWS on this machine (AWS_ENDPOINT_URL): it has no schema registry, and nothing to run a service on.
region       = "us-east-1"
image        = "registry.example.com/sidecar:0.0.0"
directus_url = "http://127.0.0.1:8055"
registry     = null
