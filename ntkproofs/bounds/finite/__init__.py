"""Networks of finite width whose output layer is trained: bounds of the probability that an output bit is wrong."""
