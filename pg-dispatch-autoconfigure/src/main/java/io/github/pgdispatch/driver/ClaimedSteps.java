package io.github.pgdispatch.driver;

import java.util.Map;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.StepGateway;
import io.github.pgdispatch.handler.StepStore;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a claimed job, which only the node that has the claim can add.
 *
 * @param gateway to the database
 * @param claim on the job
 */
public record ClaimedSteps(StepGateway gateway, Claim claim) implements StepStore {

	@Override
	public Map<String, @Nullable String> read() {
		return this.gateway.read(this.claim.id());
	}

	@Override
	public boolean add(String name, @Nullable String result) {
		return this.gateway.add(this.claim, name, result);
	}

	@Override
	public String databaseId() {
		return this.gateway.databaseId();
	}

}
