"""One function per REST method in use, or per procedure that the contract prescribes over several."""
