"""Which edition of the computation a result was made with.

It rises when the same readings could come to other bytes, so that what an older edition touched
can be found and judged again.
"""

ENGINE = "1"
