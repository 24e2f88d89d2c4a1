window.YTD.account.part0 = [
  {"account": {"email": "x@example.com", "username": "hanako_x", "accountId": "22", "createdAt": "2010-01-01T00:00:00.000Z", "accountDisplayName": "花子"}}
]