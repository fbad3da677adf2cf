"""The independent test port: a tester's own photos, vectors or scores in; scores and a report of those out.

C.R.S. 24-18-304(2)(a) and RCW 43.386.050 ask whoever provides face recognition to let third parties test it
for accuracy and for differences by group. What is tested is the comparison that serves: the gate's embedder,
and the threshold of the certificate in force. The enrolled gallery is no part of a test: nothing here is
given one.
"""
