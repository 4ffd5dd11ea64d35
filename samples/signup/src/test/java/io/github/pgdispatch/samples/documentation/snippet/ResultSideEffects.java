package io.github.pgdispatch.samples.documentation.snippet;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchResult;
import io.github.pgdispatch.samples.documentation.snippet.Services.Invoices;

import org.springframework.stereotype.Component;

@Component
class ResultSideEffects {

	private final Invoices invoices = new Invoices();

	@AfterCommitDispatch
	DispatchResult<Invoice> invoice(long orderId) {
		return DispatchResult.of(this.invoices.create(orderId));
	}

	@AfterCommitDispatch("SELECT id, name FROM signup.profile ORDER BY id")
	CompletableFuture<List<Profile>> profiles() {
		return new CompletableFuture<>();
	}

}
