"""From deliveries to accepted rows: what the contract says of a row, and what came of each."""
