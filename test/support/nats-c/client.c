// A client on the official C library: connects, hears itself with headers, asks and is answered, asks in vain.
// Prints one line for each step; ends with 1 and the reason at the first that fails.
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(natsStatus status, const char *step) {
  if (status == NATS_OK) return;
  printf("%s: %s\n", step, natsStatus_GetText(status));
  exit(1);
}

static void answer(natsConnection *connection, natsSubscription *subscription, natsMsg *request, void *closure) {
  (void)subscription;
  (void)closure;
  check(natsConnection_PublishString(connection, natsMsg_GetReply(request), "pong"), "answer");
  natsMsg_Destroy(request);
}

int main(int count, char **arguments) {
  natsConnection *connection = NULL;
  natsSubscription *subscription = NULL, *service = NULL, *worker = NULL;
  natsMsg *message = NULL, *reply = NULL;
  const char *value = NULL;
  if (count < 2) return 2;

  check(natsConnection_ConnectTo(&connection, arguments[1]), "connect");
  check(natsConnection_HasHeaderSupport(connection), "header support");
  printf("connected, largest payload %lld\n", (long long)natsConnection_GetMaxPayload(connection));

  check(natsConnection_SubscribeSync(&subscription, connection, "c.*.>"), "subscribe");
  check(natsMsg_Create(&message, "c.a.b", NULL, "hello", 5), "create");
  check(natsMsgHeader_Set(message, "Colour", "green"), "set header");
  check(natsConnection_PublishMsg(connection, message), "publish");
  natsMsg_Destroy(message);
  check(natsSubscription_NextMsg(&message, subscription, 5000), "next message");
  check(natsMsgHeader_Get(message, "Colour", &value), "get header");
  printf("%s: %.*s, %s\n", natsMsg_GetSubject(message), natsMsg_GetDataLength(message), natsMsg_GetData(message), value);
  natsMsg_Destroy(message);

  check(natsConnection_Subscribe(&service, connection, "c.service", answer, NULL), "serve");
  check(natsConnection_RequestString(&reply, connection, "c.service", "ping", 5000), "request");
  printf("reply: %s\n", natsMsg_GetData(reply));
  natsMsg_Destroy(reply);

  natsStatus inVain = natsConnection_RequestString(&reply, connection, "c.nobody", "ping", 20000);
  printf("nobody: %s\n", natsStatus_GetText(inVain));

  check(natsConnection_QueueSubscribeSync(&worker, connection, "c.work", "workers"), "queue");
  check(natsSubscription_AutoUnsubscribe(worker, 2), "auto unsubscribe");
  for (int index = 0; index < 5; index++) check(natsConnection_PublishString(connection, "c.work", "job"), "publish job");
  check(natsConnection_Flush(connection), "flush");
  int jobs = 0;
  while (natsSubscription_NextMsg(&message, worker, 200) == NATS_OK) {
    jobs++;
    natsMsg_Destroy(message);
  }
  printf("jobs: %d\n", jobs);

  natsSubscription_Destroy(worker);
  natsSubscription_Destroy(service);
  natsSubscription_Destroy(subscription);
  check(natsConnection_Drain(connection), "drain");
  natsConnection_Destroy(connection);
  nats_Close();
  return 0;
}
