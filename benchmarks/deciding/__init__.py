"""Problems for `decide`: their formats, the oracle that checks expected answers, and the proofs by Coq-Interval."""
