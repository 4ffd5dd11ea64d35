package io.github.pgdispatch.samples.features;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchResult;

import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Results. The caller waits after its transaction, whichever node runs the job.
 */
@Service
class ResultExample {

	private final TransactionOperations transaction;

	private final SideEffects sideEffects;

	ResultExample(TransactionOperations transaction, SideEffects sideEffects) {
		this.transaction = transaction;
		this.sideEffects = sideEffects;
	}

	Invoice orderAndWait(String customer) {
		DispatchResult<Invoice> result = this.transaction.execute((status) -> this.sideEffects.invoice(customer));
		return result.get(Duration.ofSeconds(10));
	}

	CompletableFuture<List<Recipient>> recipients() {
		return this.transaction.execute((status) -> this.sideEffects.recipients());
	}

	record Invoice(String customer, int cents) {

	}

	record Recipient(String recipient) {

	}

	@Component
	static class SideEffects {

		@AfterCommitDispatch
		DispatchResult<Invoice> invoice(String customer) {
			return DispatchResult.of(new Invoice(customer, 4200));
		}

		@AfterCommitDispatch("SELECT DISTINCT recipient FROM mail ORDER BY recipient")
		CompletableFuture<List<Recipient>> recipients() {
			return new CompletableFuture<>();
		}

	}

}
