"""When an export is wrong, where: the first layer whose output leaves its bound."""
