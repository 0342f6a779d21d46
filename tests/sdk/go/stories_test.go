// The ten stories with the official Go library (tests/sdk/stories.md), against a running
// installation. Reads FINCLOUD_URL and FINCLOUD_KEY. The library sends its bodies in chunks.
package stories

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v86"
	"github.com/stripe/stripe-go/v86/webhook"
)

const (
	back    = "https://shop.example/back"
	iban    = "DE89370400440532013000"
	timeout = 30 * time.Second
	// The smallest file that is a picture: one transparent dot.
	dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)

var (
	ctx     = context.Background()
	baseURL = os.Getenv("FINCLOUD_URL")
	key     = os.Getenv("FINCLOUD_KEY")
	client  = stripe.NewClient(key, stripe.WithBackends(stripe.NewBackendsWithConfig(
		&stripe.BackendConfig{URL: stripe.String(baseURL)},
	)))
)

func TestSavedCard(t *testing.T) {
	customer := must(client.V1Customers.Create(ctx, &stripe.CustomerCreateParams{
		Name: stripe.String("Grace"), Metadata: map[string]string{"shelf": "7"},
	}))
	method := must(client.V1PaymentMethods.Attach(ctx, "pm_card_mastercard",
		&stripe.PaymentMethodAttachParams{Customer: &customer.ID}))

	params := payment(method.ID)
	params.Customer = &customer.ID
	params.AddExpand("customer")
	params.AddExpand("latest_charge.balance_transaction")
	paid := must(client.V1PaymentIntents.Create(ctx, params))

	equal(t, paid.Status, stripe.PaymentIntentStatusSucceeded)
	equal(t, paid.Customer.Metadata["shelf"], "7")
	equal(t, paid.LatestCharge.BalanceTransaction.Fee, 175) // 2.9 % and 30 cents
}

func TestDeclineThenAnotherCard(t *testing.T) {
	_, err := client.V1PaymentIntents.Create(ctx, payment("pm_card_chargeDeclined"))

	refused := refusal(t, err, stripe.ErrorTypeCard, "card_declined")
	equal(t, refused.DeclineCode, stripe.DeclineCodeGenericDecline)
	equal(t, refused.PaymentIntent.Status, stripe.PaymentIntentStatusRequiresPaymentMethod)
	paid := must(client.V1PaymentIntents.Confirm(ctx, refused.PaymentIntent.ID,
		&stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String("pm_card_visa")}))
	equal(t, paid.Status, stripe.PaymentIntentStatusSucceeded)
}

func TestThreeDSecure(t *testing.T) {
	for answer, status := range map[string]stripe.PaymentIntentStatus{
		"pass": stripe.PaymentIntentStatusSucceeded,
		"fail": stripe.PaymentIntentStatusRequiresPaymentMethod,
	} {
		params := payment("pm_card_threeDSecure2Required")
		params.ReturnURL = stripe.String(back)
		intent := must(client.V1PaymentIntents.Create(ctx, params))
		equal(t, intent.Status, stripe.PaymentIntentStatusRequiresAction)

		where := answerChallenge(t, intent.NextAction.RedirectToURL.URL, answer)

		equal(t, where.Query().Get("payment_intent"), intent.ID)
		equal(t, must(client.V1PaymentIntents.Retrieve(ctx, intent.ID, nil)).Status, status)
	}
}

func TestManualCapture(t *testing.T) {
	params := payment("pm_card_visa")
	params.CaptureMethod = stripe.String("manual")
	held := must(client.V1PaymentIntents.Create(ctx, params))
	equal(t, held.AmountCapturable, 5_000)

	captured := must(client.V1PaymentIntents.Capture(ctx, held.ID,
		&stripe.PaymentIntentCaptureParams{AmountToCapture: stripe.Int64(3_500)}))

	equal(t, captured.AmountReceived, 3_500)
	params = payment("pm_card_visa")
	params.CaptureMethod = stripe.String("manual")
	other := must(client.V1PaymentIntents.Create(ctx, params))
	canceled := must(client.V1PaymentIntents.Cancel(ctx, other.ID, nil))
	equal(t, canceled.Status, stripe.PaymentIntentStatusCanceled)
	_, err := client.V1PaymentIntents.Capture(ctx, other.ID, nil)
	refusal(t, err, stripe.ErrorTypeInvalidRequest, "payment_intent_unexpected_state")
}

func TestRefunds(t *testing.T) {
	paid := must(client.V1PaymentIntents.Create(ctx, payment("pm_card_visa")))
	for _, amount := range []int64{2_000, 3_000} {
		refund := must(refund(paid.ID, amount))
		equal(t, refund.Status, stripe.RefundStatusSucceeded)
	}
	_, err := refund(paid.ID, 1)
	refusal(t, err, stripe.ErrorTypeInvalidRequest, "charge_already_refunded")

	card, advance := scriptedCard(t, "refund", "refund_failed", "lost_or_stolen_card")
	other := must(client.V1PaymentIntents.Create(ctx, payment(card)))
	late := must(refund(other.ID, 5_000))
	advance()
	until(t, func() bool {
		late = must(client.V1Refunds.Retrieve(ctx, late.ID, nil))
		return late.Status == stripe.RefundStatusFailed
	})
	equal(t, late.FailureReason, stripe.RefundFailureReasonLostOrStolenCard)
}

func TestSetUpThenOffSession(t *testing.T) {
	customer := must(client.V1Customers.Create(ctx, nil))
	setup := must(client.V1SetupIntents.Create(ctx, &stripe.SetupIntentCreateParams{
		Customer:           &customer.ID,
		PaymentMethod:      stripe.String("pm_card_authenticationRequiredOnSetup"),
		PaymentMethodTypes: []*string{stripe.String("card")},
		Confirm:            stripe.Bool(true),
		ReturnURL:          stripe.String(back),
	}))
	equal(t, setup.Status, stripe.SetupIntentStatusRequiresAction)
	answerChallenge(t, setup.NextAction.RedirectToURL.URL, "pass")

	setup = must(client.V1SetupIntents.Retrieve(ctx, setup.ID, nil))
	params := payment(setup.PaymentMethod.ID)
	params.Customer = &customer.ID
	params.OffSession = stripe.Bool(true)
	paid := must(client.V1PaymentIntents.Create(ctx, params))

	equal(t, setup.Status, stripe.SetupIntentStatusSucceeded)
	equal(t, paid.Status, stripe.PaymentIntentStatusSucceeded)
}

func TestDisputeWithEvidence(t *testing.T) {
	card, advance := scriptedCard(t, "charge", "dispute", "fraudulent")
	paid := must(client.V1PaymentIntents.Create(ctx, payment(card)))
	advance()
	var dispute *stripe.Dispute
	until(t, func() bool {
		listed := client.V1Disputes.List(ctx, &stripe.DisputeListParams{PaymentIntent: &paid.ID})
		for found, err := range listed.All(ctx) {
			dispute = must(found, err)
		}
		return dispute != nil
	})
	picture := must(base64.StdEncoding.DecodeString(dot))
	receipt := must(client.V1Files.Create(ctx, &stripe.FileCreateParams{
		FileReader: bytes.NewReader(picture),
		Filename:   stripe.String("receipt.png"),
		Purpose:    stripe.String(string(stripe.FilePurposeDisputeEvidence)),
	}))

	must(client.V1Disputes.Update(ctx, dispute.ID, &stripe.DisputeUpdateParams{
		Evidence: &stripe.DisputeUpdateEvidenceParams{
			Receipt:           &receipt.ID,
			UncategorizedText: stripe.String("winning_evidence"),
		},
	}))

	advance()
	until(t, func() bool {
		dispute = must(client.V1Disputes.Retrieve(ctx, dispute.ID, nil))
		return dispute.Status == stripe.DisputeStatusWon
	})
	equal(t, len(dispute.BalanceTransactions), 2)
}

func TestPayoutThatFails(t *testing.T) {
	account := must(client.V1Accounts.Retrieve(ctx, nil))
	bank := must(client.V1BankAccounts.Create(ctx, &stripe.BankAccountCreateParams{
		Account:       &account.ID,
		Country:       stripe.String("US"),
		Currency:      stripe.String("usd"),
		RoutingNumber: stripe.String("110000000"),
		AccountNumber: stripe.String("000111111113"),
	}))
	defer client.V1BankAccounts.Delete(ctx, bank.ID,
		&stripe.BankAccountDeleteParams{Account: &account.ID})
	earned := payment("pm_card_bypassPending")
	earned.Amount = stripe.Int64(200_000) // also after lost disputes
	must(client.V1PaymentIntents.Create(ctx, earned))

	payout := must(client.V1Payouts.Create(ctx, &stripe.PayoutCreateParams{
		Amount:      stripe.Int64(1_000),
		Currency:    stripe.String("usd"),
		Method:      stripe.String("instant"),
		Destination: &bank.ID,
	}))

	equal(t, payout.Status, stripe.PayoutStatusPending)
	until(t, func() bool {
		payout = must(client.V1Payouts.Retrieve(ctx, payout.ID, nil))
		return payout.Status == stripe.PayoutStatusFailed
	})
	equal(t, payout.FailureCode, stripe.PayoutFailureCodeAccountClosed)
}

func TestBankDebit(t *testing.T) {
	method := must(client.V1PaymentMethods.Create(ctx, &stripe.PaymentMethodCreateParams{
		Type:      stripe.String("sepa_debit"),
		SEPADebit: &stripe.PaymentMethodCreateSEPADebitParams{IBAN: stripe.String(iban)},
		BillingDetails: &stripe.PaymentMethodCreateBillingDetailsParams{
			Name: stripe.String("Grace"), Email: stripe.String("grace@example.com"),
		},
	}))
	advance := script(t, method.ID, "charge", "settled", "")
	params := payment(method.ID)
	params.Currency = stripe.String("eur")
	params.PaymentMethodTypes = []*string{stripe.String("sepa_debit")}
	params.MandateData = &stripe.PaymentIntentCreateMandateDataParams{
		CustomerAcceptance: &stripe.PaymentIntentCreateMandateDataCustomerAcceptanceParams{
			Type: stripe.String("online"),
			Online: &stripe.PaymentIntentCreateMandateDataCustomerAcceptanceOnlineParams{
				IPAddress: stripe.String("203.0.113.7"),
				UserAgent: stripe.String("Firefox"),
			},
		},
	}
	intent := must(client.V1PaymentIntents.Create(ctx, params))
	equal(t, intent.Status, stripe.PaymentIntentStatusProcessing)

	advance()

	until(t, func() bool {
		intent = must(client.V1PaymentIntents.Retrieve(ctx, intent.ID, nil))
		return intent.Status == stripe.PaymentIntentStatusSucceeded
	})
	equal(t, intent.AmountReceived, 5_000)
}

func TestListsAndEvents(t *testing.T) {
	merchant := receive(t)
	version := stripe.APIVersion
	endpoint := must(client.V1WebhookEndpoints.Create(ctx, &stripe.WebhookEndpointCreateParams{
		URL:           &merchant.URL,
		APIVersion:    &version,
		EnabledEvents: []*string{stripe.String("payment_intent.succeeded")},
	}))
	defer client.V1WebhookEndpoints.Delete(ctx, endpoint.ID, nil)
	customer := must(client.V1Customers.Create(ctx, nil))
	order := fmt.Sprintf("order-%d", time.Now().UnixNano())
	pay := func(amount int64, idempotencyKey string) (*stripe.PaymentIntent, error) {
		params := payment("pm_card_visa")
		params.Amount = &amount
		params.Customer = &customer.ID
		params.AddMetadata("order", order)
		params.SetIdempotencyKey(idempotencyKey)
		return client.V1PaymentIntents.Create(ctx, params)
	}

	first := must(pay(5_000, order))
	again := must(pay(5_000, order))
	equal(t, again.ID, first.ID)
	equal(t, again.LastResponse.Header.Get("Idempotent-Replayed"), "true")
	_, err := pay(5_001, order)
	refusal(t, err, stripe.ErrorTypeIdempotency, "")
	second := must(pay(5_000, order+"-2"))

	var listed []string
	params := &stripe.PaymentIntentListParams{Customer: &customer.ID}
	params.Limit = stripe.Int64(1)
	for each, err := range client.V1PaymentIntents.List(ctx, params).All(ctx) {
		listed = append(listed, must(each, err).ID)
	}
	equal(t, slices.Equal(listed, []string{second.ID, first.ID}), true)
	search := &stripe.PaymentIntentSearchParams{}
	search.Query = fmt.Sprintf(`metadata["order"]:"%s" AND status:"succeeded"`, order)
	found := 0
	for each, err := range client.V1PaymentIntents.Search(ctx, search).All(ctx) {
		must(each, err)
		found++
	}
	equal(t, found, 2)
	unknown := &stripe.CustomerCreateParams{}
	unknown.AddExtra("invoice_settings[nope]", "1")
	_, err = client.V1Customers.Create(ctx, unknown)
	equal(t, refusal(t, err, stripe.ErrorTypeInvalidRequest, "parameter_unknown").Param,
		"invoice_settings[nope]")

	delivery := merchant.wait(t, first.ID)
	signature := delivery.header.Get("Stripe-Signature")
	event := must(webhook.ConstructEvent(delivery.body, signature, endpoint.Secret))
	equal(t, string(event.Type), "payment_intent.succeeded")
	_, err = webhook.ConstructEvent(append(delivery.body, ' '), signature, endpoint.Secret)
	equal(t, errors.Is(err, webhook.ErrNoValidSignature), true)
}

// payment returns what pays 50.00 USD by card.
func payment(method string) *stripe.PaymentIntentCreateParams {
	return &stripe.PaymentIntentCreateParams{
		Amount:             stripe.Int64(5_000),
		Currency:           stripe.String("usd"),
		PaymentMethod:      &method,
		PaymentMethodTypes: []*string{stripe.String("card")},
		Confirm:            stripe.Bool(true),
	}
}

func refund(intent string, amount int64) (*stripe.Refund, error) {
	return client.V1Refunds.Create(ctx, &stripe.RefundCreateParams{
		PaymentIntent: &intent, Amount: &amount,
	})
}

// scriptedCard returns a card of which something is told later, and what lets it happen.
func scriptedCard(t *testing.T, on, happens, reason string) (string, func()) {
	card := must(client.V1PaymentMethods.Create(ctx, &stripe.PaymentMethodCreateParams{
		Type: stripe.String("card"),
		Card: &stripe.PaymentMethodCreateCardParams{Token: stripe.String("tok_visa")},
	}))
	return card.ID, script(t, card.ID, on, happens, reason)
}

// script has something told of orders with a payment method; what it returns lets it happen.
func script(t *testing.T, method, on, happens, reason string) func() {
	steps := url.Values{
		"name":                        {happens},
		"payment_method":              {method},
		"steps[0][on]":                {on},
		"steps[0][later][0][after]":   {"30d"},
		"steps[0][later][0][happens]": {happens},
	}
	if reason != "" {
		steps.Set("steps[0][later][0][reason]", reason)
	}
	scenario := post(t, "test_helpers/scenarios", steps)["id"].(string)
	return func() { post(t, "test_helpers/scenarios/"+scenario+"/advance", url.Values{}) }
}

// post calls what is FinCloud's own, which the library has no service for.
func post(t *testing.T, path string, form url.Values) map[string]any {
	request := must(http.NewRequest("POST", baseURL+"/v1/"+path, strings.NewReader(form.Encode())))
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := must(http.DefaultClient.Do(request))
	defer answer.Body.Close()
	body := must(io.ReadAll(answer.Body))
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, body)
	}
	var shown map[string]any
	must(0, json.Unmarshal(body, &shown))
	return shown
}

// answerChallenge answers as the customer's browser does; it returns where that leads.
func answerChallenge(t *testing.T, challenge, answer string) *url.URL {
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	answered := must(browser.PostForm(challenge, url.Values{"answer": {answer}}))
	defer answered.Body.Close()
	equal(t, answered.StatusCode, http.StatusSeeOther)
	return must(answered.Location())
}

type delivery struct {
	header http.Header
	body   []byte
}

// merchantServer keeps raw bodies, as they were signed.
type merchantServer struct {
	*httptest.Server
	mutex sync.Mutex
	got   []delivery
}

func receive(t *testing.T) *merchantServer {
	merchant := &merchantServer{}
	merchant.Server = httptest.NewServer(http.HandlerFunc(
		func(_ http.ResponseWriter, request *http.Request) {
			body, _ := io.ReadAll(request.Body)
			merchant.mutex.Lock()
			defer merchant.mutex.Unlock()
			merchant.got = append(merchant.got, delivery{request.Header, body})
		}))
	t.Cleanup(merchant.Close)
	return merchant
}

func (merchant *merchantServer) wait(t *testing.T, id string) delivery {
	var found delivery
	until(t, func() bool {
		merchant.mutex.Lock()
		defer merchant.mutex.Unlock()
		for _, one := range merchant.got {
			if bytes.Contains(one.body, []byte(id)) {
				found = one
			}
		}
		return found.body != nil
	})
	return found
}

func until(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline); {
		if done() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("It did not come.")
}

func refusal(t *testing.T, err error, kind stripe.ErrorType, code stripe.ErrorCode) *stripe.Error {
	t.Helper()
	var refused *stripe.Error
	if !errors.As(err, &refused) {
		t.Fatalf("not refused: %v", err)
	}
	equal(t, refused.Type, kind)
	equal(t, refused.Code, code)
	return refused
}

func equal[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%v is not %v", got, want)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
