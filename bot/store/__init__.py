"""The stores: everything the bot must not forget, behind SQLAlchemy Core."""
