"""The room that settles: configuration + snapshot → Case → evaluate → Statement. The value itself is pure."""
