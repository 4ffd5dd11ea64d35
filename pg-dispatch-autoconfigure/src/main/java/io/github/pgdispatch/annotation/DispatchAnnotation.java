package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;

/**
 * The annotation of a method, which may be the one of a method that it overrides or
 * implements: then the names of that one's parameters count.
 *
 * @param method that has it
 * @param annotation that it has
 */
record DispatchAnnotation(Method method, AfterCommitDispatch annotation) {

	static DispatchAnnotation of(Method method) {
		MergedAnnotation<AfterCommitDispatch> annotation = MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY)
			.get(AfterCommitDispatch.class);
		Method annotated = (annotation.getSource() instanceof Method source) ? source : method;
		return new DispatchAnnotation(annotated, annotation.synthesize());
	}

	boolean hasCommand() {
		return !this.annotation.command().isEmpty();
	}

}
