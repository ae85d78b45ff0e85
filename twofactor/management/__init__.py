"""Commands about second factors."""
