package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.function.Supplier;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchConfigurationException;

import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;

/**
 * The annotation of a method. It may be inherited from a method that the method overrides
 * or implements. The names of the parameters are then those of the inherited method.
 *
 * @param method the method that has the annotation
 * @param annotation the annotation
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

	/**
	 * Returns the name that the annotation gives to the method or, if it gives none, the
	 * names of the bean and the method.
	 * @param beanName returns the name of the bean; used only if the annotation gives no
	 * name
	 */
	String name(Supplier<String> beanName) {
		String name = this.annotation.name();
		return name.isEmpty() ? beanName.get() + "." + this.method.getName() : name;
	}

	/**
	 * Returns the exception for an annotation that is not possible.
	 * @param cause the exception whose message says why
	 */
	PgDispatchConfigurationException refused(IllegalArgumentException cause) {
		return new PgDispatchConfigurationException("@AfterCommitDispatch on " + this.method.toGenericString() + ": "
				+ sentence(String.valueOf(cause.getMessage())), "Correct the annotation or the method.");
	}

	private static String sentence(String message) {
		return message.endsWith(".") ? message : message + ".";
	}

}
