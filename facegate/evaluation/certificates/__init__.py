"""What a measurement lets somebody rely on, signed: made, written, read strictly, held against a use."""
