window.YTD.direct_messages_group.part0 = [
 {"dmConversation": {"conversationId": "77", "messages": [
  {"messageCreate": {"senderId": "5", "text": "集合は何時？", "createdAt": "2024-01-02T00:00:00.000Z"}},
  {"messageCreate": {"senderId": "6", "text": "10時！", "createdAt": "2024-01-02T00:01:00.000Z"}}]}}]
