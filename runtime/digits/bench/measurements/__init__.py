"""The measurements: a file for each, which tells its contenders, figures and targets."""
