"""The counter: products, baskets and orders, pre-delivery inspection, handover."""
