package io.github.pgdispatch.samples.documentation.snippet;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.AfterCommitDispatch.OnDuplicate;
import io.github.pgdispatch.samples.documentation.snippet.Services.Exports;
import io.github.pgdispatch.samples.documentation.snippet.Services.SearchIndex;

import org.springframework.stereotype.Component;

@Component
class KeyedSideEffects {

	private final SearchIndex searchIndex = new SearchIndex();

	private final Exports exports = new Exports();

	@AfterCommitDispatch(command = "SELECT signup.update_statistics(:profileId)", key = "statistics #{#profileId}")
	void updateStatistics(long profileId) {
	}

	@AfterCommitDispatch(delay = "10s", key = "index #{#profileId}", onDuplicate = OnDuplicate.REPLACE)
	void indexLater(long profileId) {
		this.searchIndex.add(profileId);
	}

	@AfterCommitDispatch(orderingKey = "profile #{#profileId}")
	void publish(long profileId, String event) {
		this.searchIndex.publish(profileId, event);
	}

	@AfterCommitDispatch(queue = "imports", fairKey = "#{#tenant}")
	void importInTurn(String tenant, long fileId) {
		this.searchIndex.add(fileId);
	}

	@AfterCommitDispatch(queue = "tenant #{#tenant}")
	void importFile(String tenant, long fileId) {
		this.searchIndex.add(fileId);
	}

	@AfterCommitDispatch
	void export(String tenant, long orderId) {
		Tenant.run(tenant, () -> this.exports.export(orderId));
	}

}
