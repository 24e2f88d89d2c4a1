"""WhatsApp's exported chats, and the words that its app writes into them."""
