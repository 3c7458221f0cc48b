"""The numbers that follow from the world, computed without SQL, one subject a file: what the marts must say."""
