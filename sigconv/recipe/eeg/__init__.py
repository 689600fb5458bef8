"""EEG around events: filtered, aligned, cut, classified beside CSP and LDA."""
