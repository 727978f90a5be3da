"""Algorithm 4 over data sets: one network for many images, trained, interrupted, resumed and used."""
