"""The portal as we call it: REST client, quota, authorization, and one function per REST method in use."""
