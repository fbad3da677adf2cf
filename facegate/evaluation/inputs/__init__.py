"""Vectors, scores and matrices made elsewhere: any system can be measured, also without its model.

Each input is checked and summarized before anything is computed from it.
"""
