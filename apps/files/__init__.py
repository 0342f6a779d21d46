"""Files that merchants upload, such as the evidence of a dispute, and the links that show them.

Owns what is known of a file, in the environment's schema; the bytes are in the storage. Rooms above
name a file by its id.
"""
