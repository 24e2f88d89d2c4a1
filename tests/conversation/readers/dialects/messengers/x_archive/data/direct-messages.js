window.YTD.direct_messages.part0 = [
 {
  "dmConversation": {
   "conversationId": "22-33",
   "messages": [
    {
     "messageCreate": {
      "recipientId": "9",
      "reactions": [],
      "urls": [],
      "text": "それでお願い &lt;3 A&amp;B",
      "mediaUrls": [],
      "senderId": "22",
      "id": "1",
      "createdAt": "2024-01-02T00:30:00.123Z"
     }
    },
    {
     "messageCreate": {
      "recipientId": "9",
      "reactions": [],
      "urls": [],
      "text": "https://t.co/abc",
      "mediaUrls": [
       "https://ton.twitter.com/dm/1.jpg"
      ],
      "senderId": "33",
      "id": "1",
      "createdAt": "2024-01-02T00:20:00.123Z"
     }
    },
    {
     "messageCreate": {
      "recipientId": "9",
      "reactions": [],
      "urls": [
       {
        "url": "https://t.co/xyz"
       }
      ],
      "text": "この店どう？ https://t.co/xyz おいしいらしい",
      "mediaUrls": [],
      "senderId": "33",
      "id": "1",
      "createdAt": "2024-01-02T00:10:00.123Z"
     }
    },
    {
     "messageCreate": {
      "recipientId": "9",
      "reactions": [],
      "urls": [],
      "text": "見て https://t.co/pic",
      "mediaUrls": [
       "https://ton.twitter.com/dm/2.jpg"
      ],
      "senderId": "33",
      "id": "1",
      "createdAt": "2024-01-02T00:05:00.123Z"
     }
    },
    {
     "reactionCreate": {
      "senderId": "33",
      "reactionKey": "like"
     }
    },
    {
     "messageCreate": {
      "recipientId": "9",
      "reactions": [],
      "urls": [],
      "text": "週末なに食べる？",
      "mediaUrls": [],
      "senderId": "22",
      "id": "1",
      "createdAt": "2024-01-02T00:00:00.123Z"
     }
    }
   ]
  }
 },
 {
  "dmConversation": {
   "conversationId": "44-22",
   "messages": [
    {
     "joinConversation": {
      "initiatingUserId": "22"
     }
    },
    {
     "messageCreate": {
      "recipientId": "9",
      "reactions": [],
      "urls": [],
      "text": "はじめまして",
      "mediaUrls": [],
      "senderId": "44",
      "id": "1",
      "createdAt": "2024-01-02T15:00:00.123Z"
     }
    }
   ]
  }
 }
]