// A merchant's day, with the official Node library against a running installation.
// Reads FINCLOUD_URL and FINCLOUD_KEY; says what it did, and ends with an error if something is not so.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import Stripe from "stripe";

const WEBHOOK_TIMEOUT_MS = 20_000;
const { hostname: host, port, protocol } = new URL(process.env.FINCLOUD_URL);
const stripe = new Stripe(process.env.FINCLOUD_KEY, {
  host,
  port,
  protocol: protocol.slice(0, -1),
  telemetry: false,
});

const said = (step) => console.log(`ok ${step}`);
const pending = async () =>
  (await stripe.balance.retrieve()).pending
    .filter(({ currency }) => currency === "usd")
    .reduce((sum, { amount }) => sum + amount, 0);

// The merchant's server: keeps raw bodies, as they were signed.
const deliveries = [];
const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  deliveries.push({
    body: Buffer.concat(chunks).toString("utf8"),
    signature: request.headers["stripe-signature"],
  });
  response.end();
  server.emit("delivery");
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

const delivered = async (type, id) => {
  const signal = AbortSignal.timeout(WEBHOOK_TIMEOUT_MS);
  for (;;) {
    const found = deliveries.find(({ body }) => {
      const event = JSON.parse(body);
      return event.type === type && event.data.object.id === id;
    });
    if (found) return found;
    await once(server, "delivery", { signal });
  }
};

const endpoint = await stripe.webhookEndpoints.create({
  url: `http://127.0.0.1:${server.address().port}/webhooks`,
  enabled_events: ["*"],
});

const before = await pending();
const customer = await stripe.customers.create({ name: "Grace", metadata: { shelf: "7" } });
const method = await stripe.paymentMethods.attach("pm_card_mastercard", { customer: customer.id });
assert.equal(method.customer, customer.id);
said("customer and payment method");

let intent = await stripe.paymentIntents.create({
  amount: 10_000,
  currency: "usd",
  customer: customer.id,
  payment_method: method.id,
  payment_method_types: ["card"],
  capture_method: "manual",
});
assert.equal(intent.status, "requires_confirmation");
intent = await stripe.paymentIntents.confirm(intent.id);
assert.equal(intent.status, "requires_capture");
intent = await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 6_000 });
assert.equal(intent.status, "succeeded");
assert.equal(intent.amount_received, 6_000);
said("created, confirmed, captured in part");

const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 2_000 });
assert.equal(refund.status, "succeeded");
said("refunded in part");

intent = await stripe.paymentIntents.retrieve(intent.id, {
  expand: ["customer", "latest_charge.balance_transaction"],
});
assert.equal(intent.customer.metadata.shelf, "7");
assert.equal(intent.latest_charge.amount_refunded, 2_000);
// The standard plan: 2.9 % and 30 cents.
assert.equal(intent.latest_charge.balance_transaction.fee, 204);
assert.equal((await pending()) - before, 6_000 - 204 - 2_000);
said("expanded, and the balance is right to the cent");

const declined = {
  amount: 5_000,
  currency: "usd",
  payment_method: "pm_card_chargeDeclined",
  payment_method_types: ["card"],
  confirm: true,
};
await assert.rejects(stripe.paymentIntents.create(declined), (error) => {
  assert.ok(error instanceof Stripe.errors.StripeCardError);
  assert.equal(error.code, "card_declined");
  assert.equal(error.decline_code, "generic_decline");
  assert.equal(error.payment_intent.status, "requires_payment_method");
  return true;
});
said("a decline is a StripeCardError");

const idempotencyKey = randomUUID();
const params = {
  ...declined,
  amount: 2_500,
  customer: customer.id,
  payment_method: method.id,
};
const first = await stripe.paymentIntents.create(params, { idempotencyKey });
const second = await stripe.paymentIntents.create(params, { idempotencyKey });
assert.equal(second.id, first.id);
assert.equal(second.lastResponse.headers["idempotent-replayed"], "true");
await assert.rejects(
  stripe.paymentIntents.create({ ...params, amount: 2_501 }, { idempotencyKey }),
  Stripe.errors.StripeIdempotencyError,
);
said("the same key pays once");

const listed = await stripe.paymentIntents
  .list({ customer: customer.id, limit: 1 })
  .autoPagingToArray({ limit: 10 });
assert.deepEqual(listed.map(({ id }) => id), [first.id, intent.id]);
said("listed page by page, newest first");

const { body, signature } = await delivered("payment_intent.succeeded", intent.id);
const event = stripe.webhooks.constructEvent(body, signature, endpoint.secret);
assert.equal(event.data.object.amount_received, 6_000);
assert.throws(
  () => stripe.webhooks.constructEvent(`${body} `, signature, endpoint.secret),
  Stripe.errors.StripeSignatureVerificationError,
);
said("the webhook arrived, and its signature holds");

await stripe.webhookEndpoints.del(endpoint.id);
server.close();
server.closeAllConnections();
