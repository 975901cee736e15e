"""Bounds for networks of finite width."""
