package io.github.pgdispatch.samples.documentation.snippet;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.pgdispatch.BatchInfo;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.PgDispatchTemplate;

import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
class Imports {

	private final PgDispatchTemplate template;

	private final ImportSideEffects sideEffects;

	Imports(PgDispatchTemplate template, ImportSideEffects sideEffects) {
		this.template = template;
		this.sideEffects = sideEffects;
	}

	@Transactional
	long start(long importId, int lines) {
		return this.template.batch("import " + importId)
			.addCalls(
					() -> IntStream.rangeClosed(1, lines).forEach((number) -> this.sideEffects.line(importId, number)))
			.then(Dispatch.handler("imports.finished", "{\"importId\": " + importId + "}"))
			.dispatch();
	}

	@Transactional
	long refresh(List<Long> profileIds) {
		return this.template.batch("refresh statistics")
			.addAll(profileIds.stream()
				.map((id) -> Dispatch.sql("SELECT refresh_statistics(:id)", Map.of("id", id)).maxAttempts(3))
				.toList())
			.then(Dispatch.sql("SELECT publish_statistics()"))
			.onFailure(Dispatch.handler("statistics.incomplete", "{}"))
			.dispatch();
	}

	@Transactional
	long importAll(List<Long> importIds) {
		var all = this.template.batch("all imports").then(Dispatch.sql("SELECT publish_statistics()"));
		importIds.forEach((importId) -> all.add(this.template.batch("import " + importId)
			.add(Dispatch.handler("imports.line", "{\"importId\": " + importId + ", \"number\": 1}"))
			.then(Dispatch.handler("imports.finished", "{\"importId\": " + importId + "}"))));
		return all.dispatch();
	}

	@Transactional
	void addTo(DispatchContext context, int number) {
		this.template.fire(Dispatch.handler("imports.line", "{\"importId\": 42, \"number\": " + number + "}")
			.batch(context.batchId().orElseThrow()));
	}

	String progress(long batchId) {
		BatchInfo batch = this.template.findBatch(batchId).orElseThrow();
		return "%s: %d of %d".formatted(batch.name(), batch.total() - batch.pending(), batch.total());
	}

	long stop(long batchId) {
		return this.template.cancelBatch(batchId);
	}

}
