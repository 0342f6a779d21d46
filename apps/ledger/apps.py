from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "apps.ledger"
    label = "ledger"

    def ready(self) -> None:
        from apps.api import registry
        from apps.ledger import queries
        from apps.ledger.api.account_resources import ACCOUNT, BALANCE, ENTRY
        from apps.ledger.api.batches import BATCH
        from apps.ledger.api.export_resource import EXPORT
        from apps.ledger.api.periods import PERIOD
        from apps.ledger.api.seals import PROOF, SEAL
        from apps.ledger.api.statements import STATEMENT
        from apps.ledger.api.transaction_resource import TRANSACTION
        from apps.ledger.api.trial_balance import LINE, TRIAL_BALANCE
        from apps.ledger.api.verify import VERIFICATION

        registry.register(ACCOUNT)
        registry.register(ENTRY)
        registry.register(EXPORT)
        registry.register(BATCH)
        registry.register(PERIOD)
        registry.register(SEAL)
        registry.register(TRANSACTION)
        registry.register_object(BALANCE)
        registry.register_object(PROOF)
        registry.register_object(STATEMENT)
        registry.register_object(LINE)
        registry.register_object(TRIAL_BALANCE)
        registry.register_object(VERIFICATION)
        registry.register_links(queries.linked_ids)
