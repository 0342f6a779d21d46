// The ten stories with the official Node library (tests/sdk/stories.md), against a running installation.
// Reads FINCLOUD_URL and FINCLOUD_KEY.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import Stripe from "stripe";

const TIMEOUT_MS = 30_000;
const BACK = "https://shop.example/back";
// The smallest file that is a picture: one transparent dot.
const DOT =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const url = new URL(process.env.FINCLOUD_URL);
const stripe = new Stripe(process.env.FINCLOUD_KEY, {
  host: url.hostname,
  port: url.port,
  protocol: url.protocol.slice(0, -1),
  telemetry: false,
});

const pay = (payment_method, params = {}, options = {}) =>
  stripe.paymentIntents.create(
    {
      amount: 5_000,
      currency: "usd",
      payment_method,
      payment_method_types: ["card"],
      confirm: true,
      ...params,
    },
    options,
  );

const until = async (find) => {
  for (const deadline = Date.now() + TIMEOUT_MS; Date.now() < deadline; await sleep(100)) {
    const found = await find();
    if (found) return found;
  }
  throw new Error("It did not come.");
};

// Something is told later of what is done with a payment method: when its story says so.
const script = async ({ id }, on, happens, reason) => {
  const scenario = await stripe.rawRequest("POST", "/v1/test_helpers/scenarios", {
    name: happens,
    payment_method: id,
    steps: [{ on, later: [{ after: "30d", happens, ...(reason && { reason }) }] }],
  });
  const path = `/v1/test_helpers/scenarios/${scenario.id}/advance`;
  return { id, advance: () => stripe.rawRequest("POST", path, {}) };
};

const scriptedCard = async (...said) => {
  const card = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
  return script(card, ...said);
};

const answerChallenge = async (intent, answer) => {
  const body = new URLSearchParams({ answer });
  const to = intent.next_action.redirect_to_url.url;
  const answered = await fetch(to, { method: "POST", body, redirect: "manual" });
  assert.equal(answered.status, 303);
  return new URL(answered.headers.get("location")).searchParams.get("redirect_status");
};

const refused = (Kind, code) => (error) => {
  assert.ok(error instanceof Kind, `${error}`);
  assert.equal(error.code, code);
  return true;
};
const { StripeCardError, StripeInvalidRequestError } = Stripe.errors;

test("1 a customer saves a card, and pays with it", async () => {
  const customer = await stripe.customers.create({ name: "Grace", metadata: { shelf: "7" } });
  const method = await stripe.paymentMethods.attach("pm_card_mastercard", {
    customer: customer.id,
  });
  const paid = await pay(method.id, {
    customer: customer.id,
    expand: ["customer", "latest_charge.balance_transaction"],
  });

  assert.equal(paid.status, "succeeded");
  assert.equal(paid.customer.metadata.shelf, "7");
  // The standard plan: 2.9 % and 30 cents.
  assert.equal(paid.latest_charge.balance_transaction.fee, 175);
  const { data } = await stripe.customers.listPaymentMethods(customer.id);
  assert.deepEqual(data.map(({ id }) => id), [method.id]);
});

test("2 a card is declined, another one pays", async () => {
  let intent;
  await assert.rejects(pay("pm_card_chargeDeclined"), (error) => {
    assert.equal(error.decline_code, "generic_decline");
    intent = error.payment_intent;
    return refused(StripeCardError, "card_declined")(error);
  });
  assert.equal(intent.status, "requires_payment_method");

  const paid = await stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_visa" });

  assert.deepEqual([paid.id, paid.status], [intent.id, "succeeded"]);
  const { data } = await stripe.charges.list({ payment_intent: intent.id });
  assert.deepEqual(data.map(({ status }) => status), ["succeeded", "failed"]);
});

test("3 the bank asks who the customer is", async () => {
  const passed = await pay("pm_card_threeDSecure2Required", { return_url: BACK });
  assert.equal(passed.status, "requires_action");
  assert.equal(await answerChallenge(passed, "pass"), "succeeded");
  assert.equal((await stripe.paymentIntents.retrieve(passed.id)).status, "succeeded");

  const failed = await pay("pm_card_threeDSecure2Required", { return_url: BACK });
  assert.equal(await answerChallenge(failed, "fail"), "failed");
  const { status, last_payment_error } = await stripe.paymentIntents.retrieve(failed.id);
  assert.equal(status, "requires_payment_method");
  assert.equal(last_payment_error.code, "payment_intent_authentication_failure");
});

test("4 money is authorised first", async () => {
  const held = await pay("pm_card_visa", { capture_method: "manual" });
  assert.deepEqual([held.status, held.amount_capturable], ["requires_capture", 5_000]);

  const captured = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 3_500 });
  assert.deepEqual([captured.status, captured.amount_received], ["succeeded", 3_500]);

  const other = await pay("pm_card_visa", { capture_method: "manual" });
  const canceled = await stripe.paymentIntents.cancel(other.id);
  assert.equal(canceled.status, "canceled");
  await assert.rejects(
    stripe.paymentIntents.capture(other.id),
    refused(StripeInvalidRequestError, "payment_intent_unexpected_state"),
  );
});

test("5 a payment is refunded in parts, and a refund fails later", async () => {
  const paid = await pay("pm_card_visa");
  for (const amount of [2_000, 3_000]) {
    const refund = await stripe.refunds.create({ payment_intent: paid.id, amount });
    assert.equal(refund.status, "succeeded");
  }
  await assert.rejects(
    stripe.refunds.create({ payment_intent: paid.id, amount: 1 }),
    refused(StripeInvalidRequestError, "charge_already_refunded"),
  );

  const card = await scriptedCard("refund", "refund_failed", "lost_or_stolen_card");
  const other = await pay(card.id);
  const { id } = await stripe.refunds.create({ payment_intent: other.id });
  await card.advance();
  const failed = await until(async () => {
    const refund = await stripe.refunds.retrieve(id, { expand: ["charge"] });
    return refund.status === "failed" && refund;
  });
  assert.equal(failed.failure_reason, "lost_or_stolen_card");
  assert.equal(failed.charge.amount_refunded, 0);
});

test("6 a card is set up, and charged without its owner", async () => {
  const customer = await stripe.customers.create();
  const setup = await stripe.setupIntents.create({
    customer: customer.id,
    payment_method: "pm_card_authenticationRequiredOnSetup",
    payment_method_types: ["card"],
    confirm: true,
    return_url: BACK,
  });
  assert.equal(setup.status, "requires_action");
  assert.equal(await answerChallenge(setup, "pass"), "succeeded");

  const done = await stripe.setupIntents.retrieve(setup.id);
  const paid = await pay(done.payment_method, { customer: customer.id, off_session: true });

  assert.deepEqual([done.status, paid.status], ["succeeded", "succeeded"]);
});

test("7 a charge is disputed, and the merchant wins", async () => {
  const card = await scriptedCard("charge", "dispute", "fraudulent");
  const paid = await pay(card.id);
  await card.advance();
  const dispute = await until(
    async () => (await stripe.disputes.list({ payment_intent: paid.id })).data[0],
  );
  assert.deepEqual([dispute.status, dispute.reason], ["needs_response", "fraudulent"]);
  const receipt = await stripe.files.create({
    purpose: "dispute_evidence",
    file: { data: Buffer.from(DOT, "base64"), name: "receipt.png", type: "image/png" },
  });

  await stripe.disputes.update(dispute.id, {
    evidence: { receipt: receipt.id, uncategorized_text: "winning_evidence" },
  });

  await card.advance();
  const won = await until(async () => {
    const found = await stripe.disputes.retrieve(dispute.id);
    return found.status === "won" && found;
  });
  assert.deepEqual(won.balance_transactions.map(({ amount }) => amount), [-5_000, 5_000]);
});

test("8 the merchant is paid out", async (t) => {
  const account = await stripe.accounts.retrieveCurrent();
  const bank = await stripe.accounts.createExternalAccount(account.id, {
    external_account: {
      object: "bank_account",
      country: "US",
      currency: "usd",
      routing_number: "110000000",
      account_number: "000222222227",
    },
  });
  t.after(() => stripe.accounts.deleteExternalAccount(account.id, bank.id));
  await pay("pm_card_bypassPending", { amount: 200_000 }); // also after lost disputes
  const payout = await stripe.payouts.create({
    amount: 1_000,
    currency: "usd",
    method: "instant",
    destination: bank.id,
  });
  assert.equal(payout.status, "pending");

  const failed = await until(async () => {
    const found = await stripe.payouts.retrieve(payout.id, {
      expand: ["failure_balance_transaction"],
    });
    return found.status === "failed" && found;
  });

  assert.equal(failed.failure_code, "insufficient_funds");
  assert.equal(failed.failure_balance_transaction.net, 1_000);
});

test("9 a customer pays by debit of a bank account", async () => {
  const method = await stripe.paymentMethods.create({
    type: "sepa_debit",
    sepa_debit: { iban: "DE89370400440532013000" },
    billing_details: { name: "Grace", email: "grace@example.com" },
  });
  const debit = await script(method, "charge", "settled");
  const online = { ip_address: "203.0.113.7", user_agent: "Firefox" };
  const intent = await pay(method.id, {
    currency: "eur",
    payment_method_types: ["sepa_debit"],
    mandate_data: { customer_acceptance: { type: "online", online } },
  });
  assert.deepEqual([intent.status, intent.amount_received], ["processing", 0]);

  await debit.advance();
  const paid = await until(async () => {
    const found = await stripe.paymentIntents.retrieve(intent.id, { expand: ["latest_charge"] });
    return found.status === "succeeded" && found;
  });

  const { mandate } = paid.latest_charge.payment_method_details.sepa_debit;
  assert.equal((await stripe.mandates.retrieve(mandate)).status, "active");
});

test("10 lists, search, expansion, idempotency, signed events", async (t) => {
  // The merchant's server: keeps raw bodies, as they were signed.
  const deliveries = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const signature = request.headers["stripe-signature"];
    deliveries.push({ body: Buffer.concat(chunks).toString("utf8"), signature });
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = await stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${server.address().port}/webhooks`,
    enabled_events: ["payment_intent.succeeded"],
  });
  t.after(async () => {
    await stripe.webhookEndpoints.del(endpoint.id);
    server.close();
    server.closeAllConnections();
  });
  const customer = await stripe.customers.create();
  const order = randomUUID();
  const params = { customer: customer.id, metadata: { order } };
  const idempotencyKey = randomUUID();

  const first = await pay("pm_card_visa", params, { idempotencyKey });
  const again = await pay("pm_card_visa", params, { idempotencyKey });
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
  await assert.rejects(
    pay("pm_card_visa", { ...params, amount: 5_001 }, { idempotencyKey }),
    Stripe.errors.StripeIdempotencyError,
  );
  const second = await pay("pm_card_visa", params);

  const listed = await stripe.paymentIntents
    .list({ customer: customer.id, limit: 1 })
    .autoPagingToArray({ limit: 10 });
  assert.deepEqual(listed.map(({ id }) => id), [second.id, first.id]);
  const found = await stripe.paymentIntents
    .search({ query: `metadata["order"]:"${order}" AND status:"succeeded"` })
    .autoPagingToArray({ limit: 10 });
  assert.equal(found.length, 2);
  await assert.rejects(stripe.customers.create({ invoice_settings: { nope: "1" } }), (error) => {
    assert.equal(error.param, "invoice_settings[nope]");
    return refused(StripeInvalidRequestError, "parameter_unknown")(error);
  });

  const { body, signature } = await until(() =>
    deliveries.find(({ body }) => body.includes(first.id)),
  );
  const event = stripe.webhooks.constructEvent(body, signature, endpoint.secret);
  assert.equal(event.data.object.id, first.id);
  assert.throws(
    () => stripe.webhooks.constructEvent(`${body} `, signature, endpoint.secret),
    Stripe.errors.StripeSignatureVerificationError,
  );
});
